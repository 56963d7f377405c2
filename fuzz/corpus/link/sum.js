var d="http://h/",p="x/y";f(d+p+`/${a}/b`);// /c/d.php
